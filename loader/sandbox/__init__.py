"""A local stand-in of the API: strict, remembering, and faulty on request.

It is an island: it imports nothing else of the loader and follows its own reading of the API reference, so that it can
contradict the client. From the outside in:

    server.py        serving(), serve_forever(): a listening sandbox
    settings.py      everything that can be chosen
    exchange.py      one request from its arrival to its answer
    admission.py     headers, tokens.py, the rate limit of arrivals.py
    paths_v1.py      paths and methods; create_v1.py, list_v1.py the bodies; answers_v1.py the answers
    store.py         what was created, in memory and in a file
    faults.py        which request is struck; fault_rules.py rules and their file, fault_kinds.py by what, wire.py how

A second API version is a second paths module, whose ROUTES server.py serves beside those of the first.
"""
