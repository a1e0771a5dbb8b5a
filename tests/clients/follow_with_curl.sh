#!/bin/sh
# Follows the log of a run with curl, which does not come back by itself: ask again with the last id until 204.
# Prints "id line" for each stored event. $1: the address of the stream.
set -u
place=$(mktemp)
trap 'rm -f "$place"' EXIT
tries=0
until [ "$(cat "$place")" = over ] || [ $tries -ge 300 ]; do
    tries=$((tries + 1))
    last=$(cat "$place")
    curl -sN --max-time 60 -w 'status: %{http_code}' ${last:+-H "Last-Event-ID: $last"} "$1" | {
        id='' event='' data=''
        while IFS= read -r line; do
            case $line in
                'id: '*) id=${line#id: } ;;
                'event: '*) event=${line#event: } ;;
                'data: '*) data=${line#data: } ;;
                # Only what an empty line has closed counts: a connection may be cut in the middle of a frame.
                '')
                    if [ -n "$id" ] && [ "$event" != hello ] && [ "$event" != end ]; then
                        printf '%s %s\n' "$id" "$data"
                    fi
                    [ -z "$id" ] || last=$id
                    id='' event='' data=''
                    ;;
            esac
        done
        [ "$line" != 'status: 204' ] || last=over
        printf '%s' "$last" > "$place"
    }
    sleep 0.2
done
[ "$(cat "$place")" = over ]
