"""The small framework under every API: routes as data, versions, policy, schemas, faults, paging."""
