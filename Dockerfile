# hikeshi as one static program in an otherwise empty image.
#
#   docker build -t hikeshi .
#   docker run -d --restart unless-stopped --network host -v hikeshi:/data hikeshi
#
# Practice mode has no sign-in and listens on this machine only, which a published port
# cannot reach: it borrows the host's network (Linux). Open http://127.0.0.1:8119.
#
# A host folder in place of the volume must belong to 65532: chown 65532:65532 FOLDER.

FROM golang:1.26 AS build
WORKDIR /src
# The modules first: they change less often than the code, and stay in Docker's cache.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /out/hikeshi ./bot
# The two folders that are written to, made here because an empty image has no mkdir:
# /tmp is for SQLite's overflow.
RUN mkdir -p /out/own/data /out/own/tmp

FROM scratch
# For TLS to the chat, mail and phone services. Time zones are compiled in (time/tzdata).
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/hikeshi /hikeshi
COPY --from=build --chown=65532:65532 /out/own/ /

# A number and not a name: there is no /etc/passwd, and Kubernetes' runAsNonRoot wants one.
USER 65532:65532
ENV HIKESHI_DATA=/data \
    HIKESHI_LISTEN=127.0.0.1:8119
VOLUME /data
EXPOSE 8119
# Asks /healthz at HIKESHI_LISTEN: the image has no curl.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/hikeshi", "doctor", "--health"]
ENTRYPOINT ["/hikeshi"]
CMD ["serve"]
