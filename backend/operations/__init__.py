"""How the house itself fares: figures of queue, lanes, mirror, node and worker; their health in words; metrics."""
