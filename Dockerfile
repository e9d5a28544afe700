# The server, the simulator and every command of recorder-fleet. Not run here: no Docker engine.

FROM python:3.12-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/recorder-fleet
COPY requirements.lock ./
RUN /opt/recorder-fleet/bin/pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY pyproject.toml LICENSE README.md ./
COPY alerts ./alerts
COPY broker ./broker
COPY dashboards ./dashboards
COPY device_sim ./device_sim
COPY sql ./sql
COPY telemetry ./telemetry
RUN /opt/recorder-fleet/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim-bookworm
# The user of the mosquitto image has the same number: what `credentials export` writes is for these two alone.
RUN useradd --uid 1883 --no-create-home --shell /usr/sbin/nologin recorder-fleet \
    && install --directory --owner=1883 --mode=0700 /access \
    && install --directory --owner=1883 --mode=0755 /areas
COPY --from=build /opt/recorder-fleet /opt/recorder-fleet
ENV PATH=/opt/recorder-fleet/bin:$PATH PYTHONUNBUFFERED=1
USER 1883
WORKDIR /tmp
ENTRYPOINT ["recorder-fleet"]
CMD ["serve"]
