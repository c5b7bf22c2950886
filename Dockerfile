# syntax=docker/dockerfile:1
# Two images: `worker` (the default, without TensorFlow) and `train` (which exports too).
# Both install from hash-pinned locks, by wheels alone, and run as uid 10001.
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS base
ENV PATH=/opt/lungwatch/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /app

FROM base AS worker-build
COPY requirements/worker.lock /tmp/worker.lock
# pip leaves the environment when its work is done: what is not there cannot be used against us.
RUN python -m venv /opt/lungwatch \
    && python -m pip install --no-cache-dir --only-binary :all: --require-hashes -r /tmp/worker.lock \
    && python -m pip uninstall --yes setuptools pip
COPY xray /app/xray
COPY worker /app/worker
RUN python -m compileall -q /app

FROM base AS train-build
COPY requirements/train.lock /tmp/train.lock
RUN python -m venv /opt/lungwatch \
    && python -m pip install --no-cache-dir --require-hashes -r /tmp/train.lock \
    && python -m pip uninstall --yes pip
COPY xray /app/xray
COPY train /app/train
COPY export /app/export
RUN python -m compileall -q /app

# docker run --rm -v "$PWD:/data" IMAGE train fit /data/images --recipe cnn --run /data/runs/first
FROM base AS train
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin lungwatch
COPY --from=train-build /opt/lungwatch /opt/lungwatch
COPY --from=train-build /app /app
USER 10001
ENTRYPOINT ["python", "-m"]
CMD ["train", "--help"]

# docker run --rm -v "$PWD/spool:/spool" -p 127.0.0.1:8080:8080 IMAGE
FROM base AS worker
LABEL org.opencontainers.image.title="Lungwatch worker" \
      org.opencontainers.image.description="Answers every chest X-ray dropped into a folder. Not a medical device." \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin lungwatch \
    && install -d -o 10001 -g 10001 /spool
COPY --from=worker-build /opt/lungwatch /opt/lungwatch
COPY --from=worker-build /app /app
COPY models /app/models
ENV LUNGWATCH_ROOT=/spool \
    LUNGWATCH_LISTEN=0.0.0.0:8080 \
    LUNGWATCH_LOG_FORMAT=json
USER 10001
VOLUME /spool
EXPOSE 8080
# The worker drains for up to 20 seconds; give `docker stop` more: --time 30.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
ENTRYPOINT ["python", "-m", "worker"]
CMD ["run"]
