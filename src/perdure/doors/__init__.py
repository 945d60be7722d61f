"""How people come in. A door translates and never touches an adapter."""
