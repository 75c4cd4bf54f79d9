FROM python:3.11-slim AS sdk
WORKDIR /sdk
COPY deals/pipedrive/sdk .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock && npm ci

FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MALLOC_ARENA_MAX=2 DATA_DIR=/data STATIC_ROOT=/app/staticfiles
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
COPY --from=sdk /sdk/node_modules deals/pipedrive/sdk/node_modules
# Collecting needs no secrets of its own; what it makes up is thrown away with its folder.
RUN DATA_DIR=/tmp/build python manage.py collectstatic --noinput --verbosity 0 && rm -r /tmp/build \
 && useradd --uid 1000 --create-home app && mkdir /data && chown app /data
USER app
EXPOSE 8000
CMD ["python", "-m", "crm_invoicing.web_server", "--listen=0.0.0.0:8000"]
