"""Pages speak the language of the person who signed in."""

from django.utils import translation


class ReaderLanguageMiddleware:
    """A signed-in person's own language wins over the browser's; LocaleMiddleware decides for everyone else."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = request.user.language
        return self.get_response(request)
