"""A local stand-in of the API: strict, remembering, and faulty on request.

It is an island: it imports nothing else of the loader and follows its own reading of the API reference, so that it can
contradict the client. From the outside in:

    server.py           serving(), serve_forever(): a listening sandbox; Sandbox: what a test asks it and does to it
    settings.py         everything that can be chosen; names.py lists and queues that exist
    request_handler.py  one request from its arrival to its answer
    auth.py             headers, tokens, the rate limit of traffic.py
    routes.py           paths and methods of both versions, and how their bodies (create_body.py) and answers
                        (responses.py) differ
    operations.py       what the calls do, on what context.py holds; list_query.py the campaign list
    lifecycle.py        what happens to a campaign, by a call or by hand
    store.py            what was created, in memory and in a file
    faults.py           which request is struck; fault_rules.py the rules, fault_kinds.py what, http.py how

All versions are served beside each other from one store.
"""
