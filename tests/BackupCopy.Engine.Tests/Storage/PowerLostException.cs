namespace BackupCopy.Tests.Storage;

/// <summary>What every use of a <see cref="SimulatedDisk"/> throws once its power is gone.</summary>
internal sealed class PowerLostException() : Exception("The power is off.");
