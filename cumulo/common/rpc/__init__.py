"""Calls and casts between services: an envelope, a bus, and two ways to carry it (memory and AMQP).

    bus.py        what services use: call, cast, serve, round_trip, state
    envelope.py   the one message format
    calls.py      calls waiting for their answers       server.py   handlers at work
    memory.py     carries messages inside one process   amqp.py     carries them over a broker
"""
