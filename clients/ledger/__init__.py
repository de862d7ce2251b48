"""What the service remembers of orders in Redis or Valkey: claims, intents, the story of each order, failures, outages.

Memory: a finished order takes about 2.1 KB (measured with 100,000: `python bench/ledger_memory.py`), half of it its
story of seven entries, so that 1 GB holds 480,000. It expires `KEEP_FINISHED_DAYS` after its end, a known event after
four days: of an order that has ended well nothing stays for ever. What has failed stays until a later run or a person
resolves it. A story has 200 entries at most.
"""
