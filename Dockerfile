# The step's image: the platform starts it with ELASTICIO_* variables.
FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv .venv
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY lib lib
COPY actions actions
COPY triggers triggers
# Editable, because the platform loads the component from this folder, not from site-packages.
RUN PIP_CONSTRAINT=constraints.txt .venv/bin/pip install --no-cache-dir --editable .

FROM python:3.11-slim
# A first process that hands signals on and reaps what is left of the component's children.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --no-create-home step
WORKDIR /app
COPY --from=build /app /app
COPY . .
# Here, because the step may not write, and would compile anew at each start.
RUN .venv/bin/python -m compileall -q lib actions triggers verify_credentials.py
USER step
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1
ENTRYPOINT ["tini", "--", "ecr-connector"]
CMD ["serve"]
