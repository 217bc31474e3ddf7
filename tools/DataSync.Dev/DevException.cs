namespace DataSync.Dev;

/// <summary>Something the user can mend; the message says how.</summary>
class DevException(string message) : Exception(message);

/// <summary>The command line makes no sense.</summary>
sealed class UsageException(string message) : DevException($"{message}\n{Commands.CommandLine.Usage}");
