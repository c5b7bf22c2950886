"""Networks without a head, built from stock layers."""
