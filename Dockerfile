# A small image for batch runs: mount a folder with the configuration and the data at /project, say
#   docker run --rm -v "$PWD:/project" clvlens predict --config config.yaml

FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements/build.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels .

FROM python:3.13-slim
# MLflow looks for git, which the image lacks, and says so at length.
ENV GIT_PYTHON_REFRESH=quiet PYTHONUNBUFFERED=1
COPY requirements/runtime.txt /tmp/runtime.txt
RUN pip install --no-cache-dir --require-hashes -r /tmp/runtime.txt && rm /tmp/runtime.txt
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --no-deps /wheels/*.whl && rm -r /wheels \
    && useradd --create-home --uid 1000 clvlens
USER clvlens
WORKDIR /project
ENTRYPOINT ["clvlens"]
CMD ["--help"]
