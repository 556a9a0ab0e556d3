# syntax=docker/dockerfile:1
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/homeroom ./cmd/homeroom \
 && mkdir -p /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
COPY --from=build /out/homeroom /homeroom
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
ENV HOMEROOM_ADDR=0.0.0.0:8080 HOMEROOM_DATABASE=/data/homeroom.sqlite
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/homeroom"]
CMD ["serve", "--config", "/data/homeroom.yaml"]
