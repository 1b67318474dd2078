"""Who may reach what: a row for each route of the site, reading and sending.

Each cell holds the status of an answer to GET and to a POST without anything in it: 200 a page,
286 the part of an order's page that changes by itself when there is no more to come, 302 a way
elsewhere (for somebody unknown: the sign-in page), 401 the webhook door's challenge, 403 forbidden,
404 as if it were not there, 405 not meant for this method. Below `/admin/`, 403 on POST beside 200
on GET is a page to be read only.
"""

# No route is left out: a test compares the first column with the site's own list.
_ROWS = """
/                                                   200/405 200/405 200/405 200/405 200/405
/health/live                                        200/405 200/405 200/405 200/405 200/405
/health/ready                                       200/405 200/405 200/405 200/405 200/405
/accounts/login/                                    200/200 302/302 302/302 302/302 302/302
/accounts/logout/                                   302/302 200/302 200/302 200/302 200/302
/accounts/inactive/                                 200/405 200/405 200/405 200/405 200/405
/accounts/reauthenticate/                           302/302 200/200 200/200 200/200 200/200
/accounts/password/change/                          302/302 200/200 200/200 200/200 200/200
/accounts/password/reset/                           200/200 200/200 200/200 200/200 200/200
/accounts/password/set/                             302/302 302/302 302/302 302/302 302/302
/accounts/password/reset/done/                      200/405 200/405 200/405 200/405 200/405
/accounts/password/reset/key/done/                  200/405 200/405 200/405 200/405 200/405
/accounts/password/reset/key/<uidb36>-<key>/        200/200 200/200 200/200 200/200 200/200
/accounts/2fa/                                      302/302 200/405 200/405 200/405 200/405
/accounts/2fa/authenticate/                         302/302 302/302 302/302 302/302 302/302
/accounts/2fa/reauthenticate/                       302/302 302/302 302/302 302/302 302/302
/accounts/2fa/totp/activate/                        302/302 302/302 302/302 302/302 302/302
/accounts/2fa/totp/deactivate/                      302/302 404/404 404/404 404/404 404/404
/accounts/2fa/recovery-codes/                       302/302 404/405 404/405 404/405 404/405
/accounts/2fa/recovery-codes/generate/              302/302 302/302 302/302 302/302 302/302
/accounts/2fa/recovery-codes/download/              302/302 404/404 404/404 404/404 404/404
/webhooks/orders/                                   405/401 405/401 405/401 405/401 405/401
/admin/login/                                       302/302 404/404 302/302 302/302 302/302
/admin/logout/                                      302/302 404/404 200/302 200/302 200/302
/admin/password_change/                             302/302 404/404 302/302 302/302 302/302
/admin/search/                                      302/302 404/404 200/200 200/200 200/200
/admin/                                             302/302 404/404 200/200 200/200 200/200
/admin/password_change/done/                        302/302 404/404 200/405 200/405 200/405
/admin/autocomplete/                                302/302 404/404 403/405 403/405 403/405
/admin/jsi18n/                                      302/302 404/404 200/405 200/405 200/405
/admin/r/<content_type_id>/<object_id>/             302/302 404/404 404/404 404/404 404/404
/admin/auth/group/                                  302/302 404/404 403/403 403/403 403/403
/admin/auth/group/add/                              302/302 404/404 403/403 403/403 403/403
/admin/auth/group/<object_id>/history/              302/302 404/404 403/403 403/403 403/403
/admin/auth/group/<object_id>/delete/               302/302 404/404 403/403 403/403 403/403
/admin/auth/group/<object_id>/change/               302/302 404/404 403/403 403/403 403/403
/admin/auth/group/<object_id>/                      302/302 404/404 302/302 302/302 302/302
/admin/account/emailaddress/                        302/302 404/404 403/403 403/403 403/403
/admin/account/emailaddress/add/                    302/302 404/404 403/403 403/403 403/403
/admin/account/emailaddress/<object_id>/history/    302/302 404/404 403/403 403/403 403/403
/admin/account/emailaddress/<object_id>/delete/     302/302 404/404 403/403 403/403 403/403
/admin/account/emailaddress/<object_id>/change/     302/302 404/404 403/403 403/403 403/403
/admin/account/emailaddress/<object_id>/            302/302 404/404 302/302 302/302 302/302
/admin/mfa/authenticator/                           302/302 404/404 403/403 403/403 403/403
/admin/mfa/authenticator/add/                       302/302 404/404 403/403 403/403 403/403
/admin/mfa/authenticator/<object_id>/history/       302/302 404/404 403/403 403/403 403/403
/admin/mfa/authenticator/<object_id>/delete/        302/302 404/404 403/403 403/403 403/403
/admin/mfa/authenticator/<object_id>/change/        302/302 404/404 403/403 403/403 403/403
/admin/mfa/authenticator/<object_id>/               302/302 404/404 302/302 302/302 302/302
/admin/accounts/user/                               302/302 404/404 403/403 403/403 200/200
/admin/accounts/user/add/                           302/302 404/404 403/403 403/403 200/200
/admin/accounts/user/<object_id>/history/           302/302 404/404 403/403 403/403 200/200
/admin/accounts/user/<object_id>/delete/            302/302 404/404 403/403 403/403 403/403
/admin/accounts/user/<object_id>/change/            302/302 404/404 403/403 403/403 200/200
/admin/accounts/user/<object_id>/                   302/302 404/404 302/302 302/302 302/302
/admin/numbers/alert/<alert_id>/seen-to/            302/302 404/404 405/403 405/302 405/302
/admin/numbers/alert/                               302/302 404/404 403/403 200/200 200/200
/admin/numbers/alert/add/                           302/302 404/404 403/403 403/403 403/403
/admin/numbers/alert/<object_id>/history/           302/302 404/404 403/403 200/200 200/200
/admin/numbers/alert/<object_id>/delete/            302/302 404/404 403/403 403/403 403/403
/admin/numbers/alert/<object_id>/change/            302/302 404/404 403/403 200/403 200/403
/admin/numbers/alert/<object_id>/                   302/302 404/404 302/302 302/302 302/302
/admin/numbers/case/compare_now/                    302/302 404/404 403/403 200/302 200/302
/admin/numbers/case/                                302/302 404/404 403/403 200/200 200/200
/admin/numbers/case/add/                            302/302 404/404 403/403 403/403 403/403
/admin/numbers/case/<object_id>/history/            302/302 404/404 403/403 200/200 200/200
/admin/numbers/case/<object_id>/delete/             302/302 404/404 403/403 403/403 403/403
/admin/numbers/case/<object_id>/change/             302/302 404/404 403/403 200/200 200/200
/admin/numbers/case/<object_id>/                    302/302 404/404 302/302 302/302 302/302
/admin/numbers/mail/                                302/302 404/404 403/403 200/200 200/200
/admin/numbers/mail/add/                            302/302 404/404 403/403 403/403 403/403
/admin/numbers/mail/<object_id>/history/            302/302 404/404 403/403 200/200 200/200
/admin/numbers/mail/<object_id>/delete/             302/302 404/404 403/403 403/403 403/403
/admin/numbers/mail/<object_id>/change/             302/302 404/404 403/403 200/403 200/403
/admin/numbers/mail/<object_id>/                    302/302 404/404 302/302 302/302 302/302
/admin/numbers/errorhelp/                           302/302 404/404 403/403 200/200 200/200
/admin/numbers/errorhelp/add/                       302/302 404/404 403/403 200/200 200/200
/admin/numbers/errorhelp/<object_id>/history/       302/302 404/404 403/403 200/200 200/200
/admin/numbers/errorhelp/<object_id>/delete/        302/302 404/404 403/403 403/403 403/403
/admin/numbers/errorhelp/<object_id>/change/        302/302 404/404 403/403 200/200 200/200
/admin/numbers/errorhelp/<object_id>/               302/302 404/404 302/302 302/302 302/302
/admin/numbers/carrierexchange/                     302/302 404/404 403/403 200/200 200/200
/admin/numbers/carrierexchange/add/                 302/302 404/404 403/403 403/403 403/403
/admin/numbers/carrierexchange/<object_id>/history/ 302/302 404/404 403/403 200/200 200/200
/admin/numbers/carrierexchange/<object_id>/delete/  302/302 404/404 403/403 403/403 403/403
/admin/numbers/carrierexchange/<object_id>/change/  302/302 404/404 403/403 200/403 200/403
/admin/numbers/carrierexchange/<object_id>/         302/302 404/404 302/302 302/302 302/302
/admin/numbers/importorder/<order_id>/change/       302/302 404/404 200/200 200/200 200/200
/admin/numbers/importorder/<order_id>/live/         302/302 404/404 286/286 286/286 286/286
/admin/numbers/importorder/<object_id>/details/     302/302 404/404 200/403 200/200 200/200
/admin/numbers/importorder/<order_id>/do/<name>/    302/302 404/404 403/403 200/302 200/302
/admin/numbers/importorder/                         302/302 404/404 200/200 200/200 200/200
/admin/numbers/importorder/add/                     302/302 404/404 403/403 200/200 200/200
/admin/numbers/importorder/<object_id>/history/     302/302 404/404 200/200 200/200 200/200
/admin/numbers/importorder/<object_id>/delete/      302/302 404/404 403/403 403/403 403/403
/admin/numbers/importorder/<object_id>/change/      302/302 404/404 200/200 200/200 200/200
/admin/numbers/importorder/<object_id>/             302/302 404/404 302/302 302/302 302/302
/admin/numbers/job/                                 302/302 404/404 403/403 200/200 200/200
/admin/numbers/job/add/                             302/302 404/404 403/403 403/403 403/403
/admin/numbers/job/<object_id>/history/             302/302 404/404 403/403 200/200 200/200
/admin/numbers/job/<object_id>/delete/              302/302 404/404 403/403 403/403 403/403
/admin/numbers/job/<object_id>/change/              302/302 404/404 403/403 200/403 200/403
/admin/numbers/job/<object_id>/                     302/302 404/404 302/302 302/302 302/302
/admin/numbers/loa/<loa_id>/file/                   302/302 404/404 403/403 200/200 200/200
/admin/numbers/loa/                                 302/302 404/404 403/403 200/200 200/200
/admin/numbers/loa/add/                             302/302 404/404 403/403 403/403 403/403
/admin/numbers/loa/<object_id>/history/             302/302 404/404 403/403 200/200 200/200
/admin/numbers/loa/<object_id>/delete/              302/302 404/404 403/403 403/403 403/403
/admin/numbers/loa/<object_id>/change/              302/302 404/404 403/403 200/403 200/403
/admin/numbers/loa/<object_id>/                     302/302 404/404 302/302 302/302 302/302
/admin/numbers/sippeer/refresh/                     302/302 404/404 403/403 200/302 200/302
/admin/numbers/sippeer/                             302/302 404/404 403/403 200/200 200/200
/admin/numbers/sippeer/add/                         302/302 404/404 403/403 403/403 403/403
/admin/numbers/sippeer/<object_id>/history/         302/302 404/404 403/403 200/200 200/200
/admin/numbers/sippeer/<object_id>/delete/          302/302 404/404 403/403 403/403 403/403
/admin/numbers/sippeer/<object_id>/change/          302/302 404/404 403/403 200/403 200/403
/admin/numbers/sippeer/<object_id>/                 302/302 404/404 302/302 302/302 302/302
/admin/numbers/subscriber/                          302/302 404/404 200/200 200/200 200/200
/admin/numbers/subscriber/add/                      302/302 404/404 403/403 200/200 200/200
/admin/numbers/subscriber/<object_id>/history/      302/302 404/404 200/200 200/200 200/200
/admin/numbers/subscriber/<object_id>/delete/       302/302 404/404 403/403 403/403 403/403
/admin/numbers/subscriber/<object_id>/change/       302/302 404/404 200/403 200/200 200/200
/admin/numbers/subscriber/<object_id>/              302/302 404/404 302/302 302/302 302/302
/admin/numbers/telephonenumber/                     302/302 404/404 200/200 200/200 200/200
/admin/numbers/telephonenumber/add/                 302/302 404/404 403/403 403/403 403/403
/admin/numbers/telephonenumber/<object_id>/history/ 302/302 404/404 200/200 200/200 200/200
/admin/numbers/telephonenumber/<object_id>/delete/  302/302 404/404 403/403 403/403 403/403
/admin/numbers/telephonenumber/<object_id>/change/  302/302 404/404 200/403 200/403 200/403
/admin/numbers/telephonenumber/<object_id>/         302/302 404/404 302/302 302/302 302/302
/admin/numbers/webhookevent/subscriptions/          302/302 404/404 403/403 200/403 200/302
/admin/numbers/webhookevent/                        302/302 404/404 403/403 200/200 200/200
/admin/numbers/webhookevent/add/                    302/302 404/404 403/403 403/403 403/403
/admin/numbers/webhookevent/<object_id>/history/    302/302 404/404 403/403 200/200 200/200
/admin/numbers/webhookevent/<object_id>/delete/     302/302 404/404 403/403 403/403 403/403
/admin/numbers/webhookevent/<object_id>/change/     302/302 404/404 403/403 200/403 200/403
/admin/numbers/webhookevent/<object_id>/            302/302 404/404 302/302 302/302 302/302
/admin/<app_label>/                                 302/302 404/404 200/200 200/200 200/200
/admin/<url>                                        302/302 404/404 404/404 404/404 404/404
"""

# route: (anonymous, customer, finance, support, admin)
TABLE: dict[str, tuple[str, ...]] = {
    route: tuple(cells) for route, *cells in map(str.split, _ROWS.strip().splitlines())
}
