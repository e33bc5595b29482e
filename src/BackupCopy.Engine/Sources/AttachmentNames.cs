using BackupCopy.Format;

namespace BackupCopy.Sources;

/// <summary>Attachments of a point have names of their own, and are few and small.</summary>
internal static class AttachmentNames
{
    /// <summary>
    /// The same attachments; of two with one name the second gets a number, and what the format has no room
    /// for is left out.
    /// </summary>
    public static IReadOnlyList<AttachmentEntry> Distinct(IReadOnlyList<AttachmentEntry> attachments)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var named = new List<AttachmentEntry>();
        foreach (var attachment in attachments.Where(a => a.Content.Length <= FormatLimits.AttachmentBytes)
            .Take(FormatLimits.Attachments))
        {
            var name = attachment.Name;
            for (var number = 2; !taken.Add(name); number++)
            {
                name = $"{number}-{attachment.Name}";
            }

            named.Add(attachment with { Name = name });
        }

        return named;
    }
}
