namespace DataSync.Dev.Demo;

/// <summary>A file of the finished job.</summary>
sealed record ExportedFile(string Format, string Path);
