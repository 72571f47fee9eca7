# syntax=docker/dockerfile:1
# docker build -t quorate . && docker run --rm -v "$PWD":/work quorate check model.py -s Client=2,Epoch=2
FROM python:3.12-slim AS build
WORKDIR /src
COPY . .
RUN pip wheel --no-cache-dir --wheel-dir /wheels .

FROM python:3.12-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels quorate \
    && useradd --create-home quorate
USER quorate
WORKDIR /work
ENTRYPOINT ["quorate"]
CMD ["--help"]
