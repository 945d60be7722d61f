"""Failures reproduced in memory layers that were studied before this one was written, each with what must happen instead.

The number in a test's name is the row; a row may have several tests.

==  ===========================================================  =======================
 1  a wildcard scope is refused                                  test_identity.py
 2  concurrent and repeated identical adds give one memory       test_duplicates.py
 3  a negation supersedes what it denies                         test_truth.py
 4  writer and reader threads together lose nothing              test_concurrency.py
 5  a second process reads and writes                            test_concurrency.py
 6  a killed writer leaves whole adds or none                    test_concurrency.py
 7  delete hides everywhere, forget erases everywhere            test_erasure.py
 8  a failing LLM loses nothing                                  test_llm_failures.py
 9  nothing to remember costs no LLM call                        test_llm_failures.py
10  every message of a long add is kept                          test_messages.py
11  broken Unicode and huge input are bounded                    test_messages.py
12  expiry and filters come before the cut                       test_retrieval.py
13  every condition of a filter holds                            test_retrieval.py
14  "yesterday" is the day before it was said                    test_truth.py
15  the current fact comes first                                 test_truth.py
16  what only words can find is found                            test_retrieval.py
17  any script is stored and found                               test_messages.py
18  unknown arguments are errors                                 test_identity.py
19  system prompts and recalled text are not extracted           test_duplicates.py
==  ===========================================================  =======================
"""
