"""The scheduler service: places servers, runs operations, answers what agents may read. Any number of copies."""
