select
    section,
    position,
    topic,
    statement,
    owner,
    source
from marts.model_card
