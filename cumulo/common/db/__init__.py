"""The shared database: engine and transactions, tables by part, migrations. Agents never import it."""
