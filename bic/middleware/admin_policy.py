"""The set-up pages' content security policy.

django-unfold draws them with Alpine, which evaluates expressions out of attributes, and styles written in place. Both
are allowed under `admin/`, where only the facility's staff come; every other page keeps the strict policy.
"""

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.urls import reverse

POLICY = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}


class AdminPolicyMiddleware:
    """Stands inside CSPMiddleware, which writes the header."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.root = reverse("admin:index")

    def __call__(self, request):
        response = self.get_response(request)
        if request.path.startswith(self.root):
            response._csp_replace = POLICY
        return response
