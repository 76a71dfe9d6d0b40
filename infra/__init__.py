"""What Rapport runs on: ClickHouse's schema and users, Grafana's files, the embedded stack."""
