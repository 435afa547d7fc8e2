"""Work on whole images, which takes many calls of Amazon ECR."""
