"""Get Authorization Token: the password that container tools log in with for twelve hours.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
"""

from lib.component import ecr_action, ecr_metadata

process = ecr_action("GetAuthorizationToken")
get_meta_model = ecr_metadata("GetAuthorizationToken")
