"""The HTTP interface: routes, request and response models, problem documents. It decides nothing itself."""
