"""Every REST surface: one folder per API family, one folder per resource; wsgi/ knows no resource."""
