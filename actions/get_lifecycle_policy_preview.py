"""Get Lifecycle Policy Preview: which images a previewed lifecycle policy would expire.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetLifecyclePolicyPreview.html
"""

from lib.component import ecr_action

process = ecr_action("GetLifecyclePolicyPreview")
