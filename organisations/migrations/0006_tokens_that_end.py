import datetime

from django.db import migrations, models
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Cast, Now


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0005_one_proven_address_of_each_person'),
    ]

    operations = [
        # Tokens that are there already work a year from now.
        migrations.AddField(
            model_name='apitoken',
            name='last_day',
            field=models.DateField(db_default=Cast(CombinedExpression(Now(), '+', models.Value(datetime.timedelta(days=365))), models.DateField()), help_text='The last day on which it works.', verbose_name='works through'),
        ),
    ]
