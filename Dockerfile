# One image for every process of ours: compose.yaml says which of them a container runs.
FROM python:3.12-slim AS build

RUN python -m venv --without-pip /opt/cellpulse
WORKDIR /src
# The pinned packages first: they change less often than our own code.
COPY requirements.lock ./
RUN pip --python /opt/cellpulse/bin/python install --no-cache-dir --no-deps --require-hashes \
    --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY ingest_api ingest_api
COPY flows flows
COPY analytics analytics
COPY streamlit_app streamlit_app
COPY notebooks/cell_hook notebooks/cell_hook
RUN pip --python /opt/cellpulse/bin/python install --no-cache-dir --no-deps --no-build-isolation \
    . ./notebooks/cell_hook
# No prompt about news and updates may stand between a student and the first cell.
RUN mkdir -p /opt/cellpulse/share/jupyter/lab/settings \
    && printf '{"@jupyterlab/apputils-extension:notification": %s}\n' \
    '{"fetchNews": "false", "checkForUpdates": false}' \
    > /opt/cellpulse/share/jupyter/lab/settings/overrides.json


FROM python:3.12-slim

# New named volumes take over these folders' owner, and the notebooks.
RUN useradd --uid 10001 --home-dir /home/student --create-home cellpulse \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/cellpulse /var/lib/cellpulse/lake \
    /var/lib/cellpulse/exports /var/lib/cellpulse/names /var/lib/cellpulse/operator
COPY --from=build /opt/cellpulse /opt/cellpulse
COPY --chown=10001:10001 notebooks/course /home/student/notebooks/course

ENV PATH=/opt/cellpulse/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CELLPULSE_DATA_DIR=/var/lib/cellpulse
USER 10001:10001
WORKDIR /var/lib/cellpulse
CMD ["cellpulse", "--help"]
