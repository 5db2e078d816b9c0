"""A password, and what PostgreSQL 16 made of it."""

PASSWORD = "s3cret"
VERIFIER = (
    "SCRAM-SHA-256$4096:6lDb90BXL+8nmltPo++vog=="
    "$0+yahSmIgFPgtLeSfGkFfM5lCOK7jQy61aDGG66VJ4M=:OIROc/3C21qAdnifuygZe9wdggqQ9Mzc1OKccArV8IU="
)
ANOTHERS_VERIFIER = (
    "SCRAM-SHA-256$4096:wlpX01HoggUlqjU/Vt6biA=="
    "$WhMQE952OTIWThRtMzvSeE+dknosp/LzdWHlmhxMEIQ=:oY/HV5rTvZ+HaKjCEr9aoCZYvq/WrG6ytvjVhwrSwdc="
)
"""Of the password `another`."""
