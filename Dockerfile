# What the pages use from npm.
FROM node:22-bookworm-slim AS assets
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

# The Python packages of production as the lock file has them, the translations, the static files.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY requirements.lock ./
RUN /venv/bin/pip install --quiet --require-hashes --only-binary :all: --requirement requirements.lock
COPY . .
COPY --from=assets /app/node_modules node_modules
RUN /venv/bin/python -m bic.catalogues
# Settings want a key and a database to be named; nothing is signed and nobody connects while building.
RUN SECRET_KEY=only-while-building DATABASE_URL=postgres://nobody@localhost/none REDIS_URL=redis://localhost \
    /venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && rm -r node_modules

FROM python:3.11-slim-bookworm
RUN useradd --system --create-home --home-dir /var/lib/bic bic \
    && install -d -o bic -g bic /var/lib/bic/media /var/lib/bic/beat
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MEDIA_ROOT=/var/lib/bic/media CELERY_BEAT_STATE=/var/lib/bic/beat/schedule
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
USER bic
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/ready', timeout=9)"]
# The rest of how it serves is in gunicorn.conf.py.
CMD ["gunicorn", "--bind", "0.0.0.0:8000"]
