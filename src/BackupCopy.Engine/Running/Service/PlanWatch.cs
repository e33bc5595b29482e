using BackupCopy.Catalog;

namespace BackupCopy.Running.Service;

/// <summary>
/// The plan of a catalog, read again when its file changed. A catalog that cannot be read, or was there and
/// is gone, is told once and looked at less and less often until it is back.
/// </summary>
internal sealed class PlanWatch(Engine engine, TimeSpan poll, TroubleTeller trouble)
{
    private static readonly TimeSpan s_longestRest = TimeSpan.FromMinutes(5);

    private readonly CatalogChanges _changes = new(engine.Catalog);
    private JobPlan? _plan;
    private bool _wasThere;
    private TimeSpan _rest;
    private long _restFrom;

    /// <summary>The plan; null while the catalog is away.</summary>
    public JobPlan? Look()
    {
        if (_rest > TimeSpan.Zero && engine.Time.GetElapsedTime(_restFrom) < _rest)
        {
            return null;
        }

        try
        {
            if (_changes.Any())
            {
                _plan = Read();
            }

            _rest = TimeSpan.Zero;
            trouble.IsOver(nameof(PlanWatch));
            return _plan;
        }
        catch (BackupCopyException error)
        {
            _changes.Forget();
            trouble.Tell(nameof(PlanWatch), error);
            // Whether a file that was gone is back costs nothing to see.
            var isGone = _wasThere && engine.Catalog.Stamp() is null;
            var longer = isGone || _rest == TimeSpan.Zero ? poll : _rest * 2;
            _rest = longer < s_longestRest ? longer : s_longestRest;
            _restFrom = engine.Time.GetTimestamp();
            return null;
        }
    }

    /// <summary>What was read last has changed since.</summary>
    public void Forget() => _changes.Forget();

    private JobPlan Read()
    {
        var plan = engine.Catalog.Plan();
        if (engine.Catalog.Stamp() is not null)
        {
            _wasThere = true;
        }
        else if (_wasThere)
        {
            throw CatalogError.Gone(engine.CatalogPath);
        }

        return plan;
    }
}
