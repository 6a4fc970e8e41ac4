"""The words everyone uses: identifiers, facts, replies, verdicts, errors."""
