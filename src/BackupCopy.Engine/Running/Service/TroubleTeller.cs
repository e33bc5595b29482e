namespace BackupCopy.Running.Service;

/// <summary>Tells each trouble once: again only after it was over, or when it became another.</summary>
internal sealed class TroubleTeller(ServiceOptions options)
{
    private readonly Dictionary<object, string> _told = [];
    private readonly Lock _gate = new();

    /// <summary>One of the troubles that are not over; null when there is none.</summary>
    public string? Newest
    {
        get
        {
            lock (_gate)
            {
                return _told.Values.LastOrDefault();
            }
        }
    }

    /// <param name="subject">What has it: a job's id, or a name.</param>
    public void Tell(object subject, BackupCopyException error)
    {
        lock (_gate)
        {
            if (_told.TryGetValue(subject, out var told) && told == error.Message)
            {
                return;
            }

            _told[subject] = error.Message;
        }

        options.Trouble?.Invoke(error);
    }

    public void IsOver(object subject)
    {
        lock (_gate)
        {
            _told.Remove(subject);
        }
    }
}
