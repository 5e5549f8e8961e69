# paylink as a small image. Two stages: one builds with the Swift toolchain, the other holds the program and the libraries it runs with.
#
#   docker build -t paylink .        (make image)
#   docker run --rm -p 8080:8080 -v paylink:/var/lib/paylink -v ./paylink.yaml:/etc/paylink/paylink.yaml:ro \
#     -v ./secrets:/run/secrets:ro paylink
#
# See deploy/compose.yaml for the whole arrangement. Nothing secret is in the image: secrets come as files or from the environment.
#
# Where this was written no Docker engine runs, so `docker build` itself is untried. Tried instead, by hand: the build command of the first stage on Debian 12
# with Swift 6.3.1 (73 MB stripped, Foundation and ICU inside), and the second stage as a root folder of debootstrap (minbase and the packages below, 215 MB):
# serve, health, health --ready and SIGTERM as uid 10001. The program reads its arguments from /proc, which every container has.

FROM swift:6.3-bookworm AS build
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      libcurl4-openssl-dev libexpat1-dev libpng-dev libpq-dev libqrencode-dev libsqlite3-dev libzxing-dev zlib1g-dev libssl-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# Dependencies first: they change less often than the source.
COPY Package.swift ./
RUN swift package resolve
COPY Sources Sources
COPY Tests Tests
RUN swift build -c release --product paylink --static-swift-stdlib \
 && mkdir -p /out \
 && cp "$(swift build -c release --product paylink --static-swift-stdlib --show-bin-path)/paylink" /out/paylink \
 && strip /out/paylink

FROM debian:bookworm-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      ca-certificates libcurl4 libexpat1 libpng16-16 libpq5 libqrencode4 libsqlite3-0 libssl3 libstdc++6 libzxing2 tzdata zlib1g \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 paylink \
 && useradd --uid 10001 --gid 10001 --home-dir /var/lib/paylink --shell /usr/sbin/nologin paylink \
 && install -d -o paylink -g paylink -m 0700 /var/lib/paylink
COPY --from=build /out/paylink /usr/local/bin/paylink
USER 10001:10001
WORKDIR /var/lib/paylink
# Operations listen beyond loopback inside the container, whose ports nobody reaches unless they are published.
ENV PAYLINK_OPS_LISTEN=0.0.0.0:9090
# The books stand below: sqlite:var/paylink.db is /var/lib/paylink/var/paylink.db.
VOLUME /var/lib/paylink
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["paylink", "health"]
ENTRYPOINT ["paylink"]
CMD ["serve", "--config", "/etc/paylink/paylink.yaml"]
