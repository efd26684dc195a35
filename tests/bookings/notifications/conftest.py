"""What was written, and a real mail server to send it to: the same as for all that is told."""

from tests.notifications.conftest import mail_server as mail_server
from tests.notifications.conftest import make_notifications as make_notifications
from tests.notifications.conftest import reminded as reminded
from tests.notifications.conftest import told as told
