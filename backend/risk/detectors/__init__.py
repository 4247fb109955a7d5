"""Each detector weighs one kind of evidence in natural log odds and says why."""
