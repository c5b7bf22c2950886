"""What model files cost on the machine at hand: latency, throughput, memory. Needs LiteRT only, and no data set."""
