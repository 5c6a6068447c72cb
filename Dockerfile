# varve and Git, and nothing to build with. An image of CI can take varve alone, if it has Node 20 or newer, glibc and Git:
#   COPY --from=varve /opt/varve /opt/varve
#   ENV PATH=/opt/varve/bin:$PATH
# Build it by `docker build --tag varve .` in a checkout.
ARG NODE=24

FROM node:${NODE}-slim AS package
WORKDIR /source
COPY . .
RUN npm ci --ignore-scripts --no-audit --no-fund && npm pack --pack-destination /

FROM node:${NODE}-slim
# Debian keeps one version of a package, and what it mends is wanted.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates git \
  && rm -rf /var/lib/apt/lists/*
RUN --mount=type=bind,from=package,source=/,target=/package \
  npm install --global --prefix /opt/varve --no-audit --no-fund /package/varve-*.tgz && npm cache clean --force
ENV PATH=/opt/varve/bin:$PATH
WORKDIR /work
# No entry point: systems of CI start a shell in it.
CMD ["varve", "--help"]
