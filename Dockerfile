# The step's image: the platform starts it with ELASTICIO_* variables.
ARG BASE=python:3.11-slim

FROM $BASE AS build
WORKDIR /app
# pip and setuptools install from outside the environment, so that neither is in the image.
RUN python -m venv /installer && python -m venv --without-pip .venv
COPY requirements.txt ./
RUN /installer/bin/pip --python .venv/bin/python install --no-cache-dir --require-hashes \
        --requirement requirements.txt \
    # botocore ships the models of 400 services.
    && cd .venv/lib/python3*/site-packages/botocore/data \
    && find . -mindepth 1 -maxdepth 1 -type d ! -name ecr ! -name sts -exec rm -r {} +
COPY pyproject.toml README.md LICENSE ./
COPY lib lib
COPY actions actions
COPY triggers triggers
# Editable, because the platform loads the component from this folder, not from site-packages.
RUN /installer/bin/pip --python .venv/bin/python install --no-cache-dir --no-deps \
        --no-build-isolation --editable . \
    && /installer/bin/pip --python .venv/bin/python uninstall --yes setuptools

FROM $BASE
# tini as the first process forwards signals, and reaps what is left of the component's children.
# What the base leaves writable for everyone, /tmp apart, is no place for a step to write to.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
        /usr/local/bin/pip* /usr/local/lib/python3*/site-packages/pip* \
    && useradd --system --no-create-home step \
    && find / -xdev -type d -perm -o=w ! -path /tmp -exec chmod o-w {} +
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY . .
# Compiled here, because the step may not write, and would compile again at each start.
RUN .venv/bin/python -m compileall -q lib actions triggers verify_credentials.py
USER step
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1
ENTRYPOINT ["tini", "--", "ecr-connector"]
CMD ["serve"]
