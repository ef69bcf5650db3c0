"""One record a person: likely duplicates found and weighed, merged, and taken apart again."""
