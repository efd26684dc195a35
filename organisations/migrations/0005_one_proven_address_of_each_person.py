import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

# Of the people who are there already; from now on the trigger does it. What was claimed beside the own address without
# any proof is forgotten.
PROVE = """
    DELETE FROM account_emailaddress USING organisations_user
    WHERE organisations_user.id = user_id AND account_emailaddress.email <> lower(organisations_user.email);
    INSERT INTO account_emailaddress (user_id, email, verified, "primary")
    SELECT id, lower(email), true, true FROM organisations_user
    ON CONFLICT (user_id, email) DO UPDATE SET verified = true, "primary" = true;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0004_sign_in_tries'),
        ('account', '0009_emailaddress_unique_primary_email'),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='address_is_proven', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    DELETE FROM account_emailaddress WHERE user_id = NEW.id AND email <> lower(NEW.email);\n    INSERT INTO account_emailaddress (user_id, email, verified, "primary")\n    VALUES (NEW.id, lower(NEW.email), true, true)\n    ON CONFLICT (user_id, email) DO UPDATE SET verified = true, "primary" = true;\n    RETURN NULL;\n', hash='b278a1ee5dff8927f858f8ea2ee8b7b053b51ca8', operation='INSERT OR UPDATE OF "email"', pgid='pgtrigger_address_is_proven_65160', table='organisations_user', when='AFTER')),
        ),
        migrations.RunSQL(PROVE, migrations.RunSQL.noop),
    ]
