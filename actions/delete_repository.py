"""Delete Repository: remove a repository; with force, its images too.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepository.html
"""

from lib.component import ecr_action

process = ecr_action("DeleteRepository")
