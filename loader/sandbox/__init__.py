"""A local stand-in of the API: strict, remembering, and faulty on request.

It is an island: it imports nothing else of the loader and follows its own reading of the API reference, so that it can
contradict the client. From the outside in:

    server.py        serving(), serve_forever(): a listening sandbox; Sandbox: what a test asks it and does to it
    settings.py      everything that can be chosen; names_file.py, known_names.py lists and queues that exist
    exchange.py      one request from its arrival to its answer
    admission.py     headers, tokens.py, the rate limit of arrivals.py
    paths_v1.py      paths and methods of a version and its dialect.py: how its bodies (create_v1.py) and answers
    paths_v2.py      (answers_v1.py) differ from what is shared (create_body.py, answers.py)
    operations.py    what the calls about campaigns do, campaign_list.py the list; account_lists.py the other calls
    lifecycle.py     what happens to a campaign, by a call or by hand
    store.py         what was created, in memory and in a file
    faults.py        which request is struck; fault_rules.py rules and their file, fault_kinds.py by what, wire.py how,
                     afterwards.py what becomes of the campaign

All versions are served beside each other from one store.
"""
