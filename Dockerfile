FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MALLOC_ARENA_MAX=2 DATA_DIR=/data STATIC_ROOT=/app/staticfiles
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
# Collecting needs no secrets of its own; what it makes up is thrown away with its folder.
RUN DATA_DIR=/tmp/build python manage.py collectstatic --noinput --verbosity 0 && rm -r /tmp/build \
 && useradd --create-home app && mkdir /data && chown app /data
USER app
EXPOSE 8000
CMD ["gunicorn", "--bind=0.0.0.0:8000", "--workers=2", "--worker-class=gthread", "--threads=8", "--worker-tmp-dir=/dev/shm", "crm_invoicing.wsgi:application"]
