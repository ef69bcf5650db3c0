"""Parts that screens are made of. They know nothing of the business."""
